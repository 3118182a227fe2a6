"""A round that is held open, so that what it shows and takes can be tried."""
import numpy as np

from federation import Federation
from formats import Terms
from learning import on_grid
from row import workers
from thefts import attempt


class Round:
    """An open round of a federation of honest workers, before anybody has sent anything."""

    def __init__(self, coordinator, labels, seed, rounds=2, terms=None, hidden=(64,), quorum=None):
        members = workers(len(labels))
        for member, label in zip(members, labels):
            member.name = label
        self.federation = Federation(coordinator, members, seed)
        self.coordinator, self.members = coordinator, members
        self.task = self.federation.open("probed", rounds, hidden, terms or Terms(), quorum=quorum)
        self.view = self.federation.view(hidden)
        self.begin()

    def begin(self):
        """Everybody's orders for the round that is open now."""
        self.orders = self.federation.orders()
        self.header, model = self.federation.model(next(iter(self.orders.values())).base_model)
        self.view.models.append(model)

    def blob(self, change):
        return self.header + on_grid(change).tobytes()

    def work(self, member):
        """What the member would send as an honest worker."""
        generator = np.random.default_rng(member.participant.number)
        return self.blob(self.view.train(member.rows, generator))

    def send_rest(self):
        """Everybody's honest contribution, where there is none yet; what is refused is not tried again."""
        for member in self.members:
            attempt(lambda: self.send(member)[1])

    def send(self, member):
        """An honest contribution. Returns the update's bytes and the reply."""
        blob = self.work(member)
        order = self.orders[member.name]
        return blob, member.participant.send(order, blob, self.view.network.count, len(member.rows))
