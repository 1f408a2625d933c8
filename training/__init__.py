"""Training side of Tapetum: camera simulation, network, export, evaluation."""
