"""What is measured, and how to measure it again; `README.md` beside this file has the results."""
