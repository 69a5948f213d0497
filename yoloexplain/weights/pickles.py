"""Reading a pickle without running it: values come out, and everything else stays a name.

It stands between a published file and the tensors in it. A pickle is a small program: push this
string, look that function up, call it. Unpickling runs the program, so whoever wrote the file
decides what happens. Upstream YOLOv5 files are pickles of whole networks, and cannot be read
without looking up their classes.

Source: the instructions as Python's own ``pickletools`` describes them. Here each one is followed
by hand, and none of them can import anything; ``pickle_rules`` says what they may ask for.
"""

import pickletools
import warnings
from collections.abc import Callable
from typing import IO, Any

from .pickle_rules import DONE_HERE, KEPT, Name, RefusedFileError, Shell, look_up, plain, refuse

MOST_STEPS = 2_000_000  # the largest published file takes about 200,000
DEEPEST = 20_000  # values waiting at once; lists in lists in lists … pile up here

FAULTS = (  # what following a damaged description can raise
    ValueError,
    IndexError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    MemoryError,
    Warning,
)

MARK = object()


class Reader:
    """Follow one pickle, opcode by opcode.

    Parameters
    ----------
    stream
        Positioned at the pickle; left right behind it.
    storage
        Turns the description of a storage, as the file gives it, into a value.
    """

    def __init__(self, stream: IO[bytes], storage: Callable[[Any], Any]) -> None:
        self.stream, self.storage = stream, storage
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.copied = 0

    def read(self) -> Any:
        """Return what the pickle describes.

        Raises
        ------
        RefusedFileError
            If it is damaged, does more than describe, or never ends.
        """
        try:
            with warnings.catch_warnings(action="error"):  # of a strange escape in a text
                return self.read_steps()
        except RefusedFileError:
            raise
        except FAULTS as why:
            raise refuse(f"is damaged ({type(why).__name__}: {str(why)[:80]})") from why

    def read_steps(self) -> Any:
        """Follow the instructions to the last one."""
        for step, (opcode, arg, _) in enumerate(pickletools.genops(self.stream)):
            if step > MOST_STEPS or len(self.stack) > DEEPEST:
                raise refuse("is nested deeper or runs longer than any checkpoint")
            if opcode.name == "STOP":
                (value,) = self.stack
                return value
            self.follow(opcode.name, arg)
        raise refuse("is damaged: its description does not end")

    def follow(self, opcode: str, arg: Any) -> None:
        """Do one step: push a value, or the method of that name."""
        if opcode in CONSTANTS:
            self.stack.append(CONSTANTS[opcode]())
        elif opcode in VALUES:
            self.stack.append(arg)
        elif opcode in GETS:
            self.stack.append(self.memo[int(arg)])
        elif opcode in PUTS:
            self.memo[int(arg)] = self.stack[-1]
        elif opcode not in ("PROTO", "FRAME"):
            method = METHODS.get(opcode)
            if method is None:
                raise refuse(f"uses the instruction {opcode}, which no checkpoint needs")
            method(self, arg)

    def since_mark(self) -> list[Any]:
        """Take everything above the last mark off the stack, and the mark."""
        place = len(self.stack) - 1
        while self.stack[place] is not MARK:  # an index error, if there is none
            place -= 1
            if place < 0:
                raise IndexError
        taken = self.stack[place + 1 :]
        del self.stack[place:]
        return taken

    def count_copies(self, *values: Any) -> None:
        """Keep count of what is copied: a list can be named once and copied a million times."""
        self.copied += sum(len(v) for v in values if isinstance(v, list | tuple | dict | str))
        if self.copied > MOST_STEPS:
            raise refuse("copies more than any checkpoint")

    def drop(self, _: Any) -> None:
        """Forget the top of the stack."""
        self.stack.pop()

    def drop_to_mark(self, _: Any) -> None:
        """Forget everything above the last mark, and the mark."""
        self.since_mark()

    def memoize(self, _: Any) -> None:
        """Number the top of the stack."""
        self.memo[len(self.memo)] = self.stack[-1]

    def take_name(self, arg: str) -> None:
        """Look up "module name"."""
        module, name = arg.split(" ", 1)
        self.stack.append(look_up(module, name))

    def take_name_from_stack(self, _: Any) -> None:
        """Look up a module and a name that were pushed before."""
        name, module = self.stack.pop(), self.stack.pop()
        if not (isinstance(module, str) and isinstance(name, str)):
            raise TypeError
        self.stack.append(look_up(module, name))

    def call(self, _: Any) -> None:
        """Answer a call: by the lambda listed for it, by a shell, or by a refusal."""
        args, function = self.stack.pop(), self.stack.pop()
        if not isinstance(function, Name) or not isinstance(args, tuple):
            raise TypeError
        if str(function) in DONE_HERE:
            self.count_copies(*args)
            self.stack.append(DONE_HERE[str(function)](*args))
        elif str(function) in KEPT:
            self.stack.append(Shell(function, args))
        else:
            raise refuse(f"calls {str(function)[:80]!r}")

    def make(self, _: Any) -> None:
        """Make an object of a class: a shell, whatever the class."""
        args, kind = self.stack.pop(), self.stack.pop()
        if not isinstance(kind, Name):
            raise TypeError
        self.stack.append({} if str(kind) == "collections.OrderedDict" else Shell(kind, args))

    def make_with_keywords(self, _: Any) -> None:
        """Make an object of a class that takes keywords; they are dropped."""
        self.stack.pop()
        self.make(None)

    def set_fields(self, _: Any) -> None:
        """Give an object its fields; what is no shell has none to give."""
        fields, target = self.stack.pop(), self.stack[-1]
        if isinstance(target, Shell):
            for part in fields if isinstance(fields, tuple) else (fields,):
                if isinstance(part, dict):
                    self.count_copies(part)
                    target.fields.update(part)

    def set_items(self, pairs: list[Any]) -> None:
        """Fill a dictionary, or the shell of one."""
        target = self.stack[-1]
        target = target.fields if isinstance(target, Shell) else target
        if not isinstance(target, dict):
            raise TypeError
        for key, value in zip(pairs[::2], pairs[1::2], strict=True):
            target[plain(key)] = value

    def set_item(self, _: Any) -> None:
        """Fill a dictionary with one pair."""
        value, key = self.stack.pop(), self.stack.pop()
        self.set_items([key, value])

    def make_dict(self, pairs: list[Any]) -> None:
        """Push a dictionary of these pairs."""
        self.stack.append({})
        self.set_items(pairs)

    def add(self, members: list[Any]) -> None:
        """Lengthen a list; the shell of one keeps its own."""
        target = self.stack[-1]
        if isinstance(target, list):
            target.extend(members)
        elif not isinstance(target, Shell):
            raise TypeError

    def collect(self, count: int) -> None:
        """Make a tuple of the last values."""
        parts = tuple(self.stack[len(self.stack) - count :]) if len(self.stack) >= count else None
        if parts is None or MARK in parts:
            raise IndexError
        del self.stack[len(self.stack) - count :]
        self.stack.append(parts)


CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "EMPTY_DICT": dict,
    "EMPTY_SET": list,
    "MARK": lambda: MARK,
}
VALUES = frozenset(
    "INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT STRING BINSTRING SHORT_BINSTRING "
    "UNICODE BINUNICODE SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES BINBYTES8 "
    "BYTEARRAY8".split()
)
GETS = frozenset({"GET", "BINGET", "LONG_BINGET"})
PUTS = frozenset({"PUT", "BINPUT", "LONG_BINPUT"})
METHODS: dict[str, Callable[[Reader, Any], None]] = {
    "MEMOIZE": Reader.memoize,
    "GLOBAL": Reader.take_name,
    "STACK_GLOBAL": Reader.take_name_from_stack,
    "REDUCE": Reader.call,
    "NEWOBJ": Reader.make,
    "NEWOBJ_EX": Reader.make_with_keywords,
    "BUILD": Reader.set_fields,
    "SETITEM": Reader.set_item,
    "SETITEMS": lambda reader, _: reader.set_items(reader.since_mark()),
    "APPEND": lambda reader, _: reader.add([reader.stack.pop()]),
    "APPENDS": lambda reader, _: reader.add(reader.since_mark()),
    "ADDITEMS": lambda reader, _: reader.add(reader.since_mark()),
    "TUPLE": lambda reader, _: reader.stack.append(tuple(reader.since_mark())),
    "TUPLE1": lambda reader, _: reader.collect(1),
    "TUPLE2": lambda reader, _: reader.collect(2),
    "TUPLE3": lambda reader, _: reader.collect(3),
    "LIST": lambda reader, _: reader.stack.append(reader.since_mark()),
    "FROZENSET": lambda reader, _: reader.stack.append(reader.since_mark()),
    "DICT": lambda reader, _: reader.make_dict(reader.since_mark()),
    "POP": Reader.drop,
    "POP_MARK": Reader.drop_to_mark,
    "BINPERSID": lambda reader, _: reader.stack.append(reader.storage(reader.stack.pop())),
}
