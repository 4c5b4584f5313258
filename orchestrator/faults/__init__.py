"""The fault library: typed ways of breaking one thing, each with an inject, a revert and a verify."""
