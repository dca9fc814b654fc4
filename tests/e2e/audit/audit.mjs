// Lists the audits as JSON; given the address of a server, runs them and lists what they found.
import { serverAudits } from "graphql-http";

const url = process.argv[2];
const audits = serverAudits({ url });
const list = url ? await Promise.all(audits.map(({ fn }) => fn())) : audits;
console.log(JSON.stringify(list.map(({ id, name, status, reason }) => ({ id, name, status, reason }))));
