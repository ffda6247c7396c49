"""What is known before each delivery, vectorised: state, figures of the day, as-of career counts."""
