"""The methods text: chapters written from the parameters, for the page and as a file."""
