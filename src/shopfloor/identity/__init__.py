"""Who is it: identities, signed tokens, the guest check. Nothing here ever takes a model's word. Floor 1."""
