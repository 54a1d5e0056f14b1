"""`sk2siem reconcile`: what is in the journal, on the topics and in the SIEMs, compared id by id, and holes filled."""
