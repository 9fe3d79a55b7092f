// The single page. It asks its own backend, and knows nothing of tokens.

const call = (path, method = "GET") => fetch(path, { method, headers: { "X-Own-Script": "1" } });
const element = (id) => document.getElementById(id);

async function show() {
  const answer = await call("/api/me");
  const here = answer.status === 200;
  const claims = here ? await answer.json() : {};
  element("words").textContent = here
    ? `Hello, ${claims.given_name ?? "and welcome"}. You are signed in.` // a claim may be absent
    : answer.status === 401 ? "You are not signed in." : "We cannot reach the sign-in service. Please try again.";
  element("sign-in").hidden = here;
  element("sign-out").hidden = !here;
}

element("sign-out").addEventListener("click", async () => {
  const answer = await call("/api/sign-out", "POST");
  location.assign((await answer.json()).go);
});

show();
