"""What people write to shops about: reading a text's matters and topics. Floor 1."""
