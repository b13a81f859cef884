"""The page at `/`, driven in Chromium over a server of its own, as a customer uses it."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from shopfloor.config import Config
from shopfloor.identity.tokens import CustomerTokens
from shopfloor.kernel.clock import SystemClock
from shopfloor.kernel.ids import CustomerId

SHOPFLOOR = Path(sys.executable).with_name("shopfloor")
ARTICLE = "Where's my order #123, and by the way, do you have any red sneakers in men's size 9?"
SNEAKERS = ["Speedster Red Edition", "Ruby Runner Pro", "Casual Crimson Loafer"]
MAYA = CustomerId("c-001")
WAIT_MS = 15_000
expect.set_options(timeout=WAIT_MS)
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
FOUND_AT = re.compile(r"http://127\.0\.0\.1:(\d+)/")
READ = """() => [...document.querySelectorAll("#entries .body, #entries .task-line, #entries .card-row")].map(
  (element) => element.innerText.trim())"""
WATCH = """addEventListener("securitypolicyviolation", (event) => console.error("CSP", event.violatedDirective));"""

if CHROMIUM is None:
    pytest.skip("the page's tests need Chromium: apt-get install chromium", allow_module_level=True)


class Server:
    """`shopfloor serve` in a process of its own, which can be stopped and started again on its port."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self.port = 0
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [SHOPFLOOR, "serve", "--port", str(self.port), "--data", self._data]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        for line in self._process.stdout:  # ends when the process does
            if found := FOUND_AT.search(line):
                self.port = int(found[1])
                return
        raise AssertionError(f"the server ended with {self._process.wait()}")

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.communicate(timeout=30)
            self._process = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def token(self) -> str:
        return CustomerTokens(Config(data=self._data).secret(), SystemClock()).sign(MAYA)


@dataclass
class Visitor:
    """Somebody at the page, and what went wrong in their browser."""

    page: Page
    faults: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.page.get_by_label("Your message").fill(text)
        self.page.keyboard.press("Enter")

    def is_answered(self, turns: int) -> None:
        """Wait until so many turns have ended."""
        expect(self.page.locator('.turn:not([data-state="running"])')).to_have_count(turns)

    def reads(self) -> list[str]:
        return self.page.evaluate(READ)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("page") / "data")
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def token(server: Server) -> str:
    return server.token()


@pytest.fixture(scope="module")
def browser(token: str) -> Iterator[Browser]:  # noqa: ARG001  (the token is read before Playwright's loop runs)
    assert CHROMIUM, "there is no Chromium: .ci/browser installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visitor]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(WAIT_MS)
    context.add_init_script(WATCH)
    here = Visitor(context.new_page())
    here.page.on("console", lambda message: here.faults.append(message.text) if message.type == "error" else None)
    here.page.on("pageerror", lambda error: here.faults.append(str(error)))
    here.page.on("dialog", lambda dialog: here.faults.append(dialog.message))
    yield here
    context.close()


def test_the_articles_session_is_held_and_kept(server: Server, token: str, visitor: Visitor) -> None:
    page = visitor.page
    answer = page.goto(f"{server.url}#token={token}")
    assert answer
    assert "default-src 'none'; script-src 'self'" in answer.headers["content-security-policy"]
    expect(page.get_by_text("Signed in as Maya Lindqvist")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Harbour Lane")
    assert page.url == server.url  # the token is gone from the address
    visitor.say(ARTICLE)
    visitor.is_answered(1)
    lines = page.locator('.task[data-status="done"] .task-line')
    expect(lines).to_have_text(
        ["Checking on the status of your order #123...", "Looking for red sneakers in men's size 9 for you..."]
    )
    spoken = " ".join(page.locator(".is-agent .body").all_inner_texts())
    assert all(word in spoken for word in ("TRK456", *SNEAKERS))
    expect(page.locator(".is-agent .name")).to_have_text(["Order Management", "Shopping Assistant"])
    expect(page.get_by_role("group", name="Order 123").get_by_role("link", name="TRK456")).to_be_visible()
    expect(page.locator(".product-title")).to_have_text(SNEAKERS)
    expect(page.get_by_role("img", name="red Speedster Red Edition")).to_be_visible()
    before = visitor.reads()
    page.reload()
    visitor.is_answered(1)
    assert visitor.reads() == before
    page.get_by_role("button", name="Ask about this: Ruby Runner Pro").click()
    visitor.is_answered(2)
    assert "Ruby Runner Pro" in page.locator(".is-agent .body").last.inner_text()
    assert page.evaluate(CUT) == {"frames": page.evaluate("seen.length"), "different": []}
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".message")).to_have_count(0)
    expect(page.get_by_text("Signed in as Maya Lindqvist")).to_be_visible()
    assert visitor.faults == []


def test_a_yes_or_no_is_a_click(server: Server, token: str, visitor: Visitor) -> None:
    page = visitor.page
    page.goto(f"{server.url}#token={token}")
    visitor.say("cancel order 141")
    no = page.get_by_role("group", name="Your answer").get_by_role("button", name="No, thanks")
    no.click()
    visitor.is_answered(2)
    expect(no).to_have_count(0)
    expect(page.locator(".order-state").last).to_have_text("Being packed")
    assert visitor.faults == []


def test_a_stream_that_breaks_off_is_taken_up_again(server: Server, visitor: Visitor) -> None:
    page = visitor.page
    page.goto(server.url)
    visitor.say("do you have tents?")
    visitor.is_answered(1)
    before = visitor.reads()
    server.stop()
    expect(page.get_by_text("The connection broke off")).to_be_visible()
    visitor.say("and sleeping bags?")
    expect(page.get_by_text("Not sent: the shop cannot be reached.")).to_be_visible()
    server.start()
    page.evaluate("dispatchEvent(new Event('online'))")
    visitor.is_answered(2)
    after = visitor.reads()
    assert after[: len(before)] == before
    assert after.count("and sleeping bags?") == 1
    page.reload()
    visitor.is_answered(2)
    assert visitor.reads() == after
    # The browser logs that nobody is there, and that the server is not open yet.
    assert [fault for fault in visitor.faults if "ERR_" not in fault and "503" not in fault] == []


def test_markup_is_shown_as_text(server: Server, visitor: Visitor) -> None:
    page = visitor.page
    nasty = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    page.goto(f"{server.url}#token={nasty}&ask={nasty}")
    expect(page.get_by_text("This sign-in link does not work any more.")).to_be_visible()
    assert page.get_by_label("Your message").input_value() == nasty
    page.keyboard.press("Enter")
    visitor.is_answered(1)
    expect(page.locator(".is-own .body")).to_have_text([nasty])
    page.reload()
    visitor.is_answered(1)
    expect(page.locator(".is-own .body")).to_have_text([nasty])
    assert page.locator("#entries img, #entries script").count() == 0
    assert [fault for fault in visitor.faults if "401" not in fault] == []  # the browser logs the refused token


def test_it_fits_a_phone_and_a_screen_reader(server: Server, token: str, visitor: Visitor) -> None:
    page = visitor.page
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(f"{server.url}#token={token}")
    visitor.say(f"{ARTICLE} {'x' * 200}")
    visitor.is_answered(1)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("document.querySelector('#log').scrollWidth <= innerWidth")
        assert page.evaluate(FAINT) == []
    expect(page.get_by_role("log", name="Conversation")).to_be_visible()
    expect(page.get_by_role("main")).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    assert page.evaluate(NAMELESS) == []
    page.get_by_label("Your message").focus()
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.matches('#entries *, #to-end, #log')")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert visitor.faults == []


CUT = """async () => {
  const { Transcript } = await import("/assets/transcript.js");
  const { FrameReader } = await import("/assets/stream.js");
  const { id, secret } = JSON.parse(localStorage.getItem("shopfloor.conversation"));
  const headers = { Authorization: `Bearer ${secret}` };
  const reader = (await fetch(`/v1/conversations/${id}/events`, { headers })).body.getReader();
  const [frames, decoder, parser] = [[], new TextDecoder(), new FrameReader()];
  const events = (list) => list.map((frame) => JSON.parse(frame.data));
  while (events(frames).filter((event) => event.type === "RUN_FINISHED").length < 2) {
    frames.push(...parser.push(decoder.decode((await reader.read()).value, { stream: true })));
  }
  await reader.cancel();
  globalThis.seen = frames;
  const state = (transcript) =>
    JSON.stringify(transcript, (name, value) => (value instanceof Map ? [...value] : value));
  const whole = new Transcript();
  for (const event of events(frames)) whole.take(event);
  const different = [];
  for (let cut = 0; cut <= frames.length; cut += 1) {
    const transcript = new Transcript();
    for (const event of events(frames.slice(0, cut))) transcript.take(event);
    const last = frames.slice(0, cut).findLastIndex((frame) => frame.id !== null);
    for (const event of events(frames.slice(last + 1))) transcript.take(event);
    if (state(transcript) !== state(whole)) different.push(cut);
  }
  return { frames: frames.length, different };
}"""
"""Reads a conversation's stream, cuts it after each frame and takes it up again after the last numbered one."""

NAMELESS = """() => [...document.querySelectorAll("button, a, textarea, [role=img]")]
  .filter((element) => element.checkVisibility())
  .filter((element) => !(element.getAttribute("aria-label") || element.labels?.length || element.textContent.trim()))
  .map((element) => element.outerHTML)"""
"""What can be used or looked at and has no name."""

FAINT = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const channels = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([red, green, blue]) => [red, green, blue]
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const found = channels(getComputedStyle(at).backgroundColor);
      if (found[3] === 255) return found;
    }
    return [255, 255, 255, 255];
  };
  const isText = (node) => node.nodeType === 3 && node.data.trim();
  const texts = [...document.querySelectorAll("main *")].filter(
    (element) => element.checkVisibility() && [...element.childNodes].some(isText));
  return texts.flatMap((element) => {
    const [one, two] = [light(channels(getComputedStyle(element).color)), light(ground(element))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (two + 0.05);
    const isLarge = parseFloat(getComputedStyle(element).fontSize) >= 24;
    const isNoText = element.getAttribute("aria-hidden") === "true" || element.classList.contains("unseen");
    const isReadable = isNoText || element.disabled || ratio >= (isLarge ? 3 : 4.5);
    return isReadable ? [] : [`${element.className} ${ratio.toFixed(2)}`];
  });
}"""
"""Text whose contrast with its ground is below WCAG AA."""
