"""$title: short notes that organisers write for the visitors of one site."""
