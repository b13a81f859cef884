"""Files that list what a shop sells, read row by row into its catalogue."""
