// Passkeys need script: it fetches options, lets the browser ask its holder, and sends the answer as a form field.
{
  const RENEW = 240000; // a challenge works for five minutes; one that waits in a field is renewed before
  const able = window.PublicKeyCredential;
  const bytes = text => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), c => c.charCodeAt(0));
  const text = raw => btoa(String.fromCharCode(...new Uint8Array(raw)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  let asking = null;

  const understood = options => {
    options.challenge = bytes(options.challenge);
    if (options.user) options.user.id = bytes(options.user.id);
    for (const known of [...(options.allowCredentials || []), ...(options.excludeCredentials || [])])
      known.id = bytes(known.id);
    return options;
  };

  const written = made => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
      if (made.response[name]) response[name] = text(made.response[name]);
    if (made.response.getTransports) response.transports = made.response.getTransports();
    const credProps = made.getClientExtensionResults().credProps;
    return JSON.stringify({id: made.id, rawId: text(made.rawId), type: made.type, response,
      clientExtensionResults: {credProps}});
  };

  const ask = async (form, more) => {
    if (asking) asking.abort();
    const mine = asking = new AbortController();
    const got = await fetch(form.dataset.options, {method: "POST", body: new URLSearchParams(new FormData(form))});
    if (!got.ok && more.mediation) return;
    if (got.ok) {
      const asked = {publicKey: understood(await got.json()), signal: mine.signal, ...more};
      form.elements.answer.value = written(await navigator.credentials[form.dataset.passkey](asked));
    }
    form.submit(); // where there were no options, the page says why
  };

  const fill = form => {
    const again = setTimeout(() => fill(form), RENEW);
    ask(form, {mediation: "conditional"}).catch(() => clearTimeout(again));
  };

  for (const form of document.querySelectorAll("[data-passkey]")) {
    const words = form.dataset;
    form.addEventListener("submit", event => {
      event.preventDefault();
      const status = form.querySelector("[role=status]");
      const say = error => {
        if (error.name !== "AbortError")
          status.textContent = error.name === "InvalidStateError" ? words.known : words.trouble;
      };
      status.textContent = "";
      if (!able) status.textContent = words.missing;
      else ask(form, {}).catch(say);
    });
    if ("autofill" in words && able && able.isConditionalMediationAvailable)
      able.isConditionalMediationAvailable().then(yes => { if (yes) fill(form); });
  }

  for (const element of document.querySelectorAll("[data-signal]"))
    for (const [name, facts] of Object.entries(JSON.parse(element.dataset.signal)))
      if (able && able[name]) able[name](facts).catch(() => {});
}
