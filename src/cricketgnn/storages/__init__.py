"""The place where studies live as a thing to look after: look into it, check it, copy it, mend it."""
