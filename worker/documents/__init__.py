"""From a report to its Word and Excel files; each module makes one kind of file."""
