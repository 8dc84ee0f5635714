"""The pages, one thin file each. They put sections together; they may import everything below."""
