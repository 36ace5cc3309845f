"""Mail to customers: how it looks, the two ways out, and what comes back."""
