"""A call's cost does not grow with the messages that it does not give."""

from groundcloud.services.sqs.layout import Content
from groundcloud.services.sqs.lookup import messages
from groundcloud.services.sqs.records import Queue
from groundcloud.store import Transaction


class Counting:
    """A table that counts the rows that were looked at and written."""

    def __init__(self, table):
        self._table = table
        self.touched = 0

    def get(self, key):
        self.touched += 1
        return self._table.get(key)

    def set(self, key, value):
        self.touched += 1
        self._table.set(key, value)

    def delete(self, key):
        self.touched += 1
        self._table.delete(key)

    def range(self, low, high, limit, reverse):
        rows = self._table.range(low, high, limit, reverse)
        self.touched += max(1, len(rows))
        return rows


def cost_of_a_receive(cloud, sqs, url, count, groups):
    """Rows touched by a receive of one message and its deletion, from a queue of so many."""
    name = url.rpartition("/")[2]
    store = cloud.cloud.planes["sqs"]
    now = int(cloud.clock().timestamp() * 1000)

    def fill(tx):
        queue = tx.get(Queue, cloud.account, "us-east-1", name)
        rows = messages(tx, queue, now)
        for number in range(count):
            rows.put(
                Content(str(number), now, "me", b"", "", group=str(number % groups), deduplication_id=str(number)), 0
            )

    def receive(tx):
        queue = tx.get(Queue, cloud.account, "us-east-1", name)
        table = Counting(tx.table)
        rows = messages(Transaction(table, writable=True), queue, now)
        assert len(rows.take(1, 30, lambda *_: False)) == 1
        return table.touched

    store.write(fill)
    return store.write(receive)


def test_a_receive_costs_the_same_from_a_deep_queue(cloud, sqs, queue):
    shallow = cost_of_a_receive(cloud, sqs, queue, 20, 1)
    assert cost_of_a_receive(cloud, sqs, queue, 5000, 1) == shallow


def test_a_receive_from_a_fifo_queue_costs_the_same_with_many_messages_and_groups(cloud, sqs, fifo):
    shallow = cost_of_a_receive(cloud, sqs, fifo, 40, 2)
    other = sqs.create_queue(QueueName="deep.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    assert cost_of_a_receive(cloud, sqs, other, 3000, 100) <= shallow + 1
