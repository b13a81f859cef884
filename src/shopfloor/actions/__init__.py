"""Every write is an action, and every action passes the gate. Floor 2."""
