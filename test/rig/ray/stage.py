"""Runs each request in a process of its own, forked from this one, so that Ray is imported only once.

    stage.py DRIVER.py

A request is a line of JSON: a function of the driver or of belongings.py, its argument, and AWS's endpoint.
The answer is another: the function's result, or the error.
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
    os.dup2(2, 1)  # what Ray prints
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
