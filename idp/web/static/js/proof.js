// Finds the counter that a form's challenge hides, while its reader types; a form sent too early goes when it is found.
{
  const bytes = hex => Uint8Array.from(hex.match(/../g), pair => parseInt(pair, 16));
  const hex = raw => Array.from(new Uint8Array(raw), one => one.toString(16).padStart(2, "0")).join("");
  const solve = async ({ nonce, salt, cost, keyLength, keyPrefix }) => {
    const start = bytes(nonce);
    for (let counter = 0; ; counter++) {
      const tried = new Uint8Array(start.length + 4);
      tried.set(start);
      new DataView(tried.buffer).setUint32(start.length, counter);
      const key = await crypto.subtle.importKey("raw", tried, "PBKDF2", false, ["deriveBits"]);
      const how = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost };
      const found = hex(await crypto.subtle.deriveBits(how, key, 8 * keyLength));
      if (found.startsWith(keyPrefix)) return found;
    }
  };
  const field = document.querySelector("[name=challenge]");
  const form = field.form, status = form.querySelector("[data-checking]"), patience = status.textContent;
  let early;
  const wait = event => { event.preventDefault(); early = [event.submitter]; };
  if (self.crypto && crypto.subtle) {
    status.textContent = status.dataset.checking;
    form.addEventListener("submit", wait);
    solve(JSON.parse(atob(field.value)).parameters).then(found => {
      form.elements.solution.value = found;
      status.textContent = status.dataset.checked;
    }, () => { status.textContent = patience; }).then(() => {
      form.removeEventListener("submit", wait);
      if (early && form.elements.solution.value) form.requestSubmit(...early);
    });
  }
}
