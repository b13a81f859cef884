"""Where the shop's knowledge comes from: sources and their pages, corrections of the staff, questions left open."""
