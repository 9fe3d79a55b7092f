// Comfort only: every page works without it.
{
  const each = (name, act) => document.querySelectorAll(`[data-${name}]`).forEach(e => act(e, e.dataset));
  const button = (e, label, act) => {
    const b = document.createElement("button");
    b.type = "button";
    b.className = "button secondary";
    b.textContent = label;
    b.onclick = () => act(b);
    e.insertAdjacentElement("afterend", b);
  };
  each("reveal", (e, words) => {
    button(e, words.reveal, b => {
      const show = e.type === "password";
      e.type = show ? "text" : "password";
      b.textContent = show ? words.conceal : words.reveal;
    });
    e.form.addEventListener("submit", () => { e.type = "password"; });
  });
  each("print", (e, words) => button(e, words.print, () => print()));
  if (navigator.clipboard) each("copy", (e, words) => button(e, words.copy, b =>
    navigator.clipboard.writeText(e.innerText).then(() => { b.textContent = words.done; })));
}
