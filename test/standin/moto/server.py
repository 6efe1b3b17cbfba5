"""moto's server, for tests that make tens of thousands of calls.

Its threads share dictionaries without a lock, so that calls at the same time now and
then end in an Internal Server Error after their effect: here one call is served at a
time. And it lists its own folders and the methods of its own classes at each call,
which is more than half of what a call costs: here both are kept.
"""

import functools
import threading

import moto.backends
import moto.core.responses
from moto import server


class OneAtATime(server.DomainDispatcherApplication):
    turn = threading.Lock()

    def __call__(self, environ, start_response):
        with self.turn:
            return super().__call__(environ, start_response)


moto.backends.list_of_moto_modules = functools.partial(list, list(moto.backends.list_of_moto_modules()))
moto.core.responses.method_names_from_class = functools.cache(moto.core.responses.method_names_from_class)
server.DomainDispatcherApplication = OneAtATime

server.main()
