from engine.problems import InvalidWorkspace, Position, Problem, Problems, suggest, suggest_or_list

MISSPELT = Problem(
    "risk.yaml",
    14,
    9,
    "error",
    "step 'review'",
    "'asign' is not a key of a task",
    "Did you mean 'assign'?",
    "x",
)


def test_a_problem_reads_where_what_and_what_to_do():
    assert str(MISSPELT) == (
        "risk.yaml:14:9: error: step 'review': 'asign' is not a key of a task. Did you mean 'assign'?"
    )


def test_a_problem_without_place_in_words_or_fix_leaves_them_out():
    problem = Problem("a.yaml", 1, 1, "warning", "", "this file is empty", "", "empty")

    assert str(problem) == "a.yaml:1:1: warning: this file is empty."


def test_json_has_the_eight_documented_keys():
    assert list(MISSPELT.to_json()) == ["file", "line", "column", "severity", "where", "message", "fix", "code"]


def test_problems_are_told_in_the_order_of_the_files_and_once():
    problems = Problems()
    problems.add("b.yaml", Position(1, 1), "", "two", code="x")
    problems.add("a.yaml", Position(10, 1), "", "one", code="x")
    problems.add("a.yaml", Position(9, 1), "", "zero", code="x", severity="note")
    problems.extend(list(problems))

    assert [problem.message for problem in problems] == ["zero", "one", "two"]
    assert [problem.message for problem in problems.errors] == ["one", "two"]


def test_an_invalid_workspace_says_all_of_it():
    error = InvalidWorkspace([MISSPELT, MISSPELT])

    assert error.problems == (MISSPELT,)
    assert str(error) == str(MISSPELT)


def test_the_nearest_known_word_is_suggested():
    assert suggest("asign", ["assign", "due"]) == "Did you mean 'assign'?"
    assert suggest("feb", ["january", "february"]) == "Did you mean 'february'?"
    assert suggest("Assign", ["assign"]) == "Did you mean 'assign'?"
    assert suggest("zebra", ["assign", "due"]) == ""


def test_when_no_word_is_near_a_short_list_is_given():
    assert suggest_or_list("zebra", ["assign", "due"]) == "Known: assign, due."
    assert suggest_or_list("zebra", map(str, range(100))) == ""
