"""Everything Streamlit: pieces of pages, and the state that pages share with the address bar."""
