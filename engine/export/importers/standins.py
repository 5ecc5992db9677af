"""Stand-ins for what importers load but do not need to import: PyTorch and a MongoDB server."""
import glob
import importlib.abc
import importlib.machinery
import importlib.metadata
import os
import sys
import types


class Names(type):
    """Every name of a class below is a class, too."""

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything


class Anything(Warning, metaclass=Names):
    """A class to inherit from, a function to call, a decorator, a category of warnings."""

    def __init__(self, *arguments, **named):
        pass

    def __call__(self, *arguments, **named):
        return arguments[0] if arguments and callable(arguments[0]) else Anything()


class Module(types.ModuleType):
    __path__ = []
    __version__ = "2.15.0"

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "torchvision"):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return Module(spec.name)

    def exec_module(self, module):
        pass


def torch():
    """Lets Ultralytics be imported; what reads data sets computes with NumPy."""
    sys.meta_path.insert(0, Finder())
    known = importlib.metadata.version
    importlib.metadata.version = lambda name: (
        Module.__version__ if name == "torch" else "0.30.0" if name == "torchvision" else known(name))


def mongodb():
    """Lets FiftyOne keep its samples in this process: mongomock takes the server's place."""
    os.environ.update(FIFTYONE_DATABASE_URI="mongodb://localhost",
                      FIFTYONE_DATABASE_VALIDATION="false", FIFTYONE_DISABLE_SERVICES="1",
                      FIFTYONE_DO_NOT_TRACK="true")
    sys.modules["glob2"] = glob  # which has no wheel
    import mongoengine
    import mongomock
    import pymongo

    class Client(mongomock.MongoClient):
        _closed = False

    store = mongomock.store.ServerStore()
    connect = mongoengine.connect
    pymongo.MongoClient = lambda *arguments, **named: Client(_store=store)
    mongoengine.connect = lambda name, **named: connect(
        name, mongo_client_class=pymongo.MongoClient, uuidRepresentation="standard")
    mongomock.codec_options.is_supported = lambda options: None  # FiftyOne's are the usual ones
