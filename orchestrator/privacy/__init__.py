"""What is kept of people besides the store: recordings of terminals, what was handed in; and how all of it goes."""
