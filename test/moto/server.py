"""moto's server, with two answers kept that it works out anew for every request.

moto lists its own folders and the methods of its own classes each time, which is more
than half of what a call costs. Tests make tens of thousands of calls.
"""

import functools

import moto.backends
import moto.core.responses
from moto import server

moto.backends.list_of_moto_modules = functools.partial(list, list(moto.backends.list_of_moto_modules()))
moto.core.responses.method_names_from_class = functools.cache(moto.core.responses.method_names_from_class)

server.main()
