"""A site's boundary from text, a file, a drawing or an address: which system its numbers are in, and every doubt."""
