"""The tools of a shop, each file with the action kinds of its writes beside them."""
