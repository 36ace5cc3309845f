"""The performance table: each figure measured beside what it is compared with, in one run."""
