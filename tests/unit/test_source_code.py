"""What our own code never does, whoever writes it: every module of the project is read as a tree."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(path for folder in ("shared", "workers", "scripts") for path in (ROOT / folder).rglob("*.py"))

RUN_WHAT_THEY_READ = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "marshal", "shelve", "code", "joblib"}
EVALUATE = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "subprocess.getoutput"}
TAKE_SQL = {"text", "sql", "exec_driver_sql", "literal_column"}
READ_XML = {"XMLParser", "XMLPullParser", "iterparse"}
# the index of a table: its condition is written beside the table, or at the head of the migration
SQL_FROM_A_NAME = {
    ("shared/models.py", "partial"),
    ("shared/migrations/versions/0006_what_pages_ask.py", "_partial"),
    ("shared/migrations/versions/0007_lists_of_articles.py", "upgrade"),
}


def calls(tree):
    """Every call in a module: the function it stands in, its name as written, and the call."""
    for outer in ast.walk(tree):
        for node in ast.iter_child_nodes(outer):
            node.within = outer if isinstance(outer, ast.FunctionDef) else getattr(outer, "within", None)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            within = getattr(node, "within", None)
            yield within.name if within else "", ast.unparse(node.func), node


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def keywords(call):
    return {word.arg: ast.unparse(word.value) for word in call.keywords}


def is_written_out(node):
    """Whether an expression is a text that stands in the code, names of constants included."""
    parts = []
    match node:
        case ast.Name() | ast.Attribute():
            return ast.unparse(node).rpartition(".")[2].isupper()
        case ast.IfExp():
            parts = [node.body, node.orelse]
        case ast.JoinedStr():
            parts = node.values
        case ast.FormattedValue():
            parts = [node.value]
        case ast.BinOp():
            parts = [node.left, node.right]
        case _:
            return isinstance(node, ast.Constant)
    return all(map(is_written_out, parts))


def is_harmless(given):
    """Whether a parser of XML reads neither the network nor what an entity names: "internal" ones are text."""
    return given.get("resolve_entities") in ("False", "'internal'") and given.get("no_network") == "True"


def faults(path, source):
    """What a module does that no module may, a line each."""
    tree = ast.parse(source)
    for name in imports(tree):
        if name.partition(".")[0] in RUN_WHAT_THEY_READ:
            yield f"{path}: imports {name}, which runs what it reads"
    for within, name, call in calls(tree):
        last, given = name.rpartition(".")[2], keywords(call)
        if name in EVALUATE:
            yield f"{path}:{call.lineno}: calls {name}"
        if given.get("shell", "False") != "False" or given.get("allow_pickle", "False") != "False":
            yield f"{path}:{call.lineno}: {ast.unparse(call)[:80]}"
        unwritten = last in TAKE_SQL and call.args and not is_written_out(call.args[0])
        if unwritten and (path, within) not in SQL_FROM_A_NAME:
            yield f"{path}:{call.lineno}: SQL that is put together: {ast.unparse(call)[:80]}"
        if last in READ_XML and not is_harmless(given):
            yield f"{path}:{call.lineno}: XML with entities or network: {ast.unparse(call)[:80]}"


def test_nothing_is_unpickled_evaluated_or_run_by_a_shell_and_no_sql_is_put_together():
    assert len(MODULES) > 100
    found = [fault for path in MODULES for fault in faults(str(path.relative_to(ROOT)), path.read_text("utf-8"))]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from dill import loads",
        "eval(word)",
        "os.system('ls')",
        "subprocess.run(line, shell=True)",
        "np.load(path, allow_pickle=True)",
        "connection.execute(text(f'select {word}'))",
        "connection.exec_driver_sql('select ' + word)",
        "etree.XMLParser(recover=True)",
        "etree.iterparse(file, resolve_entities=True, no_network=True)",
    ],
)
def test_the_reading_finds(source):
    assert list(faults("a.py", source))


def test_the_reading_lets_pass_what_is_written_out():
    source = "text('select 1'); text(f'select {TABLE}'); re.compile('x'); etree.XMLParser(" + (
        "resolve_entities=False, no_network=True)"
    )
    assert list(faults("a.py", source)) == []
