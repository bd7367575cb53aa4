"""A Proxmox VE 9.2 cluster for tests and demos, over real HTTPS or in the process.

An independent oracle: shares the generated API schema with the client and no code. ``cluster`` is the whole of it as a
pure function from request and moment to answer and state; ``serve`` is the only module that touches the world.

In the process (``PATH`` below ``/api2/json``; the state file is made and seeded when it is not there)::

    from pxhelm.simulator.options import Options
    from pxhelm.simulator.serve import open_simulator
    simulator = open_simulator(Options(state_file="cluster.db", nodes=3, guests=20, time_scale=0.1))
    status, reason, headers, body = simulator.send("GET", "/version", {}, {"Authorization": f"PVEAPIToken={TOKEN}"})
    simulator.log(since)      # every request: method, path, parameters with secrets masked, status, user
    simulator.happen({"event": "node-down", "node": "pve-node2"})      # see ``happenings``
    simulator.truth()         # the ground truth: every row by kind and key

Over HTTPS: ``Server(Options(port=0))`` then ``start()``, ``url``, ``fingerprint``, ``authority_file``, ``token``,
``stop()``; or ``serve(options)``, which prints those and blocks. ``GET /simulator/log?since=N``,
``GET /simulator/truth`` and ``POST /simulator/event`` do over HTTPS, without a login, what the methods above do.

A seeded cluster has nodes ``pve-node1`` to ``pve-nodeN``; storages ``local``, ``local-lvm`` (thin, per node), ``shared``;
the VM template 9000 ``debian-12-template`` (3G on ``shared``) on the first node; a container template, an ISO and a
snippet on ``local`` of each node; bridge ``vmbr0``; root@pam with ``seed.PASSWORD``, and the token ``seed.TOKEN``.
Tasks take as long as in a real cluster times ``time_scale`` (0 = at once) and end by the clock, also between processes.
A machine with ``kvm: 0`` has no operating system: it ignores shutdowns. Faults: see ``faults``.
"""
