"""Runs what it is told to, each in a process of its own, which is forked from this one: so Ray is imported once.

    stage.py DRIVER.py

Reads a line of JSON for each: the function of the driver or of belongings.py to call, its argument, and where AWS is.
Prints one: what the function returned, or what went wrong.
"""

import importlib
import json
import os
import sys
import traceback

import belongings


def load(path):
    directory, name = os.path.split(path)
    sys.path.insert(0, directory)
    return importlib.import_module(os.path.splitext(name)[0])


def answer(driver, request):
    os.environ["AWS_ENDPOINT_URL"] = request["endpoint"]
    try:
        function = getattr(driver, request["function"], None) or getattr(belongings, request["function"])
        return {"result": function(request["argument"])}
    except BaseException:
        return {"error": traceback.format_exc()}


def main(driver):
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what Ray says
    for line in sys.stdin:
        if os.fork() == 0:
            json.dump(answer(driver, json.loads(line)), answers)
            answers.write("\n")
            answers.flush()
            os._exit(0)
        _, status = os.wait()
        if status:
            answers.write(json.dumps({"error": f"the process ended with {status}"}) + "\n")
            answers.flush()


main(load(sys.argv[1]))
