/** The reference page's script: finds operations, and tries reads with the session that is signed in. */
const SHOWN_CHARACTERS_MAX = 100_000;

document.getElementById("find")?.addEventListener("input", (event) => {
  const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of document.querySelectorAll(".operation")) {
    const text = row.firstElementChild.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
  }
});

function addressOf(form) {
  const query = new URLSearchParams();
  let path = form.dataset.path;
  for (const input of form.querySelectorAll("input")) {
    if (input.dataset.in === "path") path = path.replace(`{${input.name}}`, encodeURIComponent(input.value));
    else if (input.value !== "") query.set(input.name, input.value);
  }
  return query.size > 0 ? `${path}?${query}` : path;
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const answer = form.querySelector(".answer");
  const address = addressOf(form);
  answer.hidden = false;
  answer.textContent = `GET ${address} …`;
  try {
    const response = await fetch(address, { headers: { accept: "application/json" } });
    const text = pretty(await response.text());
    const rest = text.length > SHOWN_CHARACTERS_MAX ? `\n… ${text.length - SHOWN_CHARACTERS_MAX} characters more` : "";
    answer.textContent = `GET ${address}\n${response.status}\n\n${text.slice(0, SHOWN_CHARACTERS_MAX)}${rest}`;
  } catch (error) {
    answer.textContent = `GET ${address}\nThe gateway cannot be reached: ${error}`;
  }
});

document.addEventListener("click", async (event) => {
  const way = event.target.closest(".way button")?.parentElement;
  if (!way) return;
  const text = way.querySelector("pre").textContent;
  // Beyond localhost a page on plain http has no clipboard: the line is marked for the person to copy.
  const isCopied = await navigator.clipboard?.writeText(text).then(
    () => true,
    () => false,
  );
  if (!isCopied) getSelection().selectAllChildren(way.querySelector("pre"));
  event.target.textContent = isCopied ? "Copied" : "Marked";
});

/** A link to an operation or a shape opens it. */
function openLinked() {
  const linked = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (linked instanceof HTMLDetailsElement) linked.open = true;
}
addEventListener("hashchange", openLinked);
openLinked();
