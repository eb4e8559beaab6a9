"""Refreshes and looks up projects with python-tuf, some times over. Prints for each of the two the median wall and processor time in ms and their number."""

import datetime
import os
import statistics
import sys
import tempfile
import time

from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient import FetcherInterface, Updater

RUNS = 11

folder = os.path.join(sys.argv[1], "repository")
projects = int(sys.argv[2])


class Folder(FetcherInterface):
    def _fetch(self, url):
        path = os.path.join(folder, url.removeprefix("http://here/"))
        if not os.path.exists(path):
            raise DownloadHTTPError("missing", 404)
        with open(path, "rb") as file:
            yield file.read()


def updater(store):
    made = Updater(store, "http://here/metadata/", store, "http://here/targets/", fetcher=Folder(), bootstrap=root)
    made.config.snapshot_max_length = made.config.targets_max_length = 4_000_000
    made._trusted_set.reference_time = datetime.datetime(2027, 1, 1, tzinfo=datetime.timezone.utc)
    return made


class Watch:
    def __init__(self):
        self.walls, self.processors = [], []

    def time(self, work):
        wall, processor = time.perf_counter(), time.process_time()
        work()
        self.walls.append((time.perf_counter() - wall) * 1e3)
        self.processors.append((time.process_time() - processor) * 1e3)

    def say(self):
        print(statistics.median(self.walls), statistics.median(self.processors), RUNS)


with open(os.path.join(folder, "metadata/1.root.json"), "rb") as file:
    root = file.read()
refresh, look = Watch(), Watch()
with tempfile.TemporaryDirectory() as store:
    updater(store).refresh()
    for number in range(RUNS):
        made = []
        refresh.time(lambda: (made.append(updater(store)), made[0].refresh()))
        project = f"p/project-{(number * 317 + 5) % projects:05}/policy"

        def look_up():
            for ending in ["layout", "terms", "certificates"]:
                found = made[0].get_targetinfo(f"{project}.{ending}")
                if found is not None:
                    made[0].download_target(found)

        look.time(look_up)
refresh.say()
look.say()
