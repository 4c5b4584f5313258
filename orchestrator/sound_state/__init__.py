"""What differs from a lab's sound state: providers tell what there is, rules say what is thought of a difference."""
