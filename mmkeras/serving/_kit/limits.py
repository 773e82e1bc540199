"""What the proxy looks for in a request's body."""

from __future__ import annotations

#: How deep JSON may be nested. Rows need 4 levels, pictures as lists of numbers 6.
DEEPEST = 8
# Brackets and quotes of a body; 0.2 s in all, where each is looked at.
_MOST_MARKS = 200_000

_LIMITS = """\
// Looks at the body of a request before the model server parses it. The server goes as
// deep as the JSON is nested, and a body of brackets alone can end its process.

// Rows need 4 levels, pictures as lists of numbers 6.
const DEEPEST = @DEEPEST@;
// Brackets and quotes: a row has some ten of them for each input.
const MOST_MARKS = @MOST_MARKS@;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

function find(body, byte, from) {
    const at = body.indexOf(byte, from);
    return at < 0 ? body.length : at;
}

// The quote that ends the string whose content begins at `at`, and the marks up to it.
function endOfString(body, at) {
    let marks = 0;
    while (marks < MOST_MARKS) {
        const quote = find(body, QUOTE, at);
        let slashes = 0;
        while (body[quote - 1 - slashes] === BACKSLASH && slashes < MOST_MARKS) {
            slashes += 1;
        }
        marks += 1 + slashes;
        if (slashes % 2 === 0 || quote === body.length) {
            return { quote, marks };
        }
        at = quote + 1;
    }
    return { quote: body.length, marks };
}

// What is wrong with a body: a status and a sentence, or null. A native function finds
// the next mark: a loop over all bytes of a large body would take seconds.
function fault(body) {
    let depth = 0;
    let marks = 0;
    let at = 0;
    let quote = -1;
    let bracket = -1;
    let brace = -1;
    let bracketEnd = -1;
    let braceEnd = -1;
    while (marks <= MOST_MARKS) {
        if (quote < at) { quote = find(body, QUOTE, at); }
        if (bracket < at) { bracket = find(body, 0x5b, at); }
        if (brace < at) { brace = find(body, 0x7b, at); }
        if (bracketEnd < at) { bracketEnd = find(body, 0x5d, at); }
        if (braceEnd < at) { braceEnd = find(body, 0x7d, at); }
        const open = bracket < brace ? bracket : brace;
        const close = bracketEnd < braceEnd ? bracketEnd : braceEnd;
        marks += 1;
        if (quote < open && quote < close) {
            const end = endOfString(body, quote + 1);
            marks += end.marks;
            at = end.quote + 1;
        } else if (open < close) {
            depth += 1;
            if (depth > DEEPEST) {
                return [400, `The JSON is nested deeper than ${DEEPEST} levels.`];
            }
            at = open + 1;
        } else if (close < body.length) {
            depth -= 1;
            at = close + 1;
        } else {
            return null;
        }
    }
    return [413, `The JSON has more than ${MOST_MARKS} brackets and quotes.`];
}

// Undefined if it is not in memory: if it came in chunks so small that they filled the
// buffer with their headers.
function bodyOf(r) {
    try {
        return r.requestBuffer;
    } catch (error) {
        return undefined;
    }
}

function check(r) {
    const body = bodyOf(r);
    const elsewhere = [413, 'Send the body whole, or in larger chunks.'];
    const found = body ? fault(body) : elsewhere;
    if (found === null) {
        r.internalRedirect('@serving');
        return;
    }
    r.headersOut['Content-Type'] = 'application/json';
    r.return(found[0], JSON.stringify({ error: found[1] }) + '\\n');
}

export default { check };
"""


def limits_js() -> str:
    """What nginx's JavaScript module does with a body."""
    text = _LIMITS.replace("@DEEPEST@", str(DEEPEST))
    return text.replace("@MOST_MARKS@", str(_MOST_MARKS))
