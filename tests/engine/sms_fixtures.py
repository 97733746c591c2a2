"""A message store with workers whose steps the tests call themselves."""

import random

from engine_rig import FakeClock
from library_rig import NOON
from sms_factories import account, message

from custom_components.homesec.engine.db.job_queue import JobKind
from custom_components.homesec.engine.library.catalog import Catalog
from custom_components.homesec.engine.sms.message_store import MessageStore
from custom_components.homesec.engine.sms.mms_media import MmsStills
from custom_components.homesec.engine.sms.worker import RecipientWorker


class SmsSetup:
    def __init__(self, folder, *, now=NOON, cloud=None):
        self.clock = FakeClock(now)
        self.events = []
        self.cloud = cloud
        self.catalog = Catalog(folder / "clips.db", clock=self.clock)
        self.catalog.database._db.execute("PRAGMA synchronous = OFF")
        self.messages = MessageStore(self.catalog.database, self.catalog.jobs, self.clock)
        self.stills = MmsStills(cloud=lambda: self.cloud, jobs=self.catalog.jobs, clock=self.clock)
        self.anna = self.worker()

    def worker(self, recipient_id="anna", **values):
        return RecipientWorker(
            recipient_id,
            account(**values),
            messages=self.messages,
            stills=self.stills,
            on_event=self.events.append,
            clock=self.clock,
            rng=random.Random(1),
        )

    def restart(self):
        """Make a store and a worker that know only what is on the disk."""
        self.messages.close()
        self.messages = MessageStore(self.catalog.database, self.catalog.jobs, self.clock)
        self.anna = self.worker()

    def close(self):
        self.messages.close()
        self.catalog.close()

    def add(self, number=1, recipient_id="anna", **values):
        made = message(number, recipient_id, at=self.clock.now(), **values)
        self.messages.add(made)
        return made

    def run(self, worker=None, steps=50):
        """Run a worker's due jobs; return how long it would wait then."""
        for _ in range(steps):
            if (wait_s := (worker or self.anna).step()) > 0:
                return wait_s
        raise AssertionError("the worker does not come to an end")

    def later(self, seconds, worker=None):
        self.clock.advance(seconds)
        return self.run(worker)

    def of(self, kind):
        return [e for e in self.events if isinstance(e, kind)]

    def waiting(self, recipient_id="anna"):
        return len(self.messages.waiting(recipient_id))

    def jobs(self, kind=JobKind.TEXT):
        return self.catalog.jobs.backlog([kind]).jobs
