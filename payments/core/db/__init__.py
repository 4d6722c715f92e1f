"""What the ORM lacks: bulk writing, pages by id, append-only models, functions of the database."""
