// An identity provider on this machine: node provider.mjs PORT REDIRECT_URI. Anybody may say who they are there, and the
// provider vouches for it: "dudosa" with a mail address that it has not made sure of, and everybody else with a sure one.
import Provider from "oidc-provider";

const [port, redirectUri] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [{ client_id: "folio", client_secret: "a secret of the tests", redirect_uris: [redirectUri] }],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  cookies: { keys: ["a key of the tests"] },
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      email: `${id.replace(/-otra$/, "")}@entidad.example`,
      email_verified: id !== "dudosa",
      name: `Persona ${id}`,
    }),
  }),
});

provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
