"""Verifies the chain in a folder with the reference tools, some times over, and prints the median wall and processor time in ms and their number."""

import os
import statistics
import sys
import time

from in_toto import verifylib
from in_toto.models.metadata import Metadata
from securesystemslib.signer import SSlibKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

RUNS = 7

os.chdir(sys.argv[1])
with open("owner.pub", "rb") as file:
    key = SSlibKey.from_crypto(load_pem_public_key(file.read()))
keys = {key.keyid: {**key.to_dict(), "keyid": key.keyid}}
walls, processors = [], []
for _ in range(RUNS):
    wall, processor = time.perf_counter(), time.process_time()
    verifylib.in_toto_verify(Metadata.load("root.layout"), keys, ".", persist_inspection_links=False)
    walls.append((time.perf_counter() - wall) * 1e3)
    processors.append((time.process_time() - processor) * 1e3)
print(statistics.median(walls), statistics.median(processors), RUNS)
