"use strict";

(() => {
  const root = document.getElementById("explorer");
  const { React, ReactDOM, GraphiQL } = window;
  if (!React || !ReactDOM || !GraphiQL) {
    root.textContent =
      "GraphiQL's files could not be loaded. Give this browser access to the internet, " +
      "or install Node.js on the server's machine and start the server with `make run`.";
    return;
  }

  // What is typed here may be a customer's: it is gone with the browser's tab. GraphiQL's history would also keep
  // the headers, with the bearer token in them, whatever `shouldPersistHeaders` says.
  const storage = {
    getItem: (key) => sessionStorage.getItem(key),
    removeItem: (key) => sessionStorage.removeItem(key),
    clear: () => sessionStorage.clear(),
    get length() {
      return sessionStorage.length;
    },
    setItem(key, value) {
      const history = ["graphiql:queries", "graphiql:favorites"].includes(key);
      sessionStorage.setItem(key, history ? withoutHeaders(value) : value);
    },
  };

  function withoutHeaders(json) {
    return JSON.stringify(JSON.parse(json), (name, value) => (name === "headers" ? undefined : value));
  }

  // A token that one tab sends goes with the tabs that have none, until the page is loaded anew.
  let token;

  const fetchJson = GraphiQL.createFetcher({ url: location.pathname, enableIncrementalDelivery: false });

  async function fetcher(parameters, options) {
    const given = options?.headers ?? {};
    const own = Object.entries(given).find(([name]) => name.toLowerCase() === "authorization")?.[1];
    const isNew = Boolean(own) && own !== token;
    token = own || token;
    const headers = own === undefined && token ? { ...given, authorization: token } : given;
    const answer = await fetchJson(parameters, { ...options, headers });
    const isRefused = answer.errors?.[0]?.extensions?.code === "UNAUTHENTICATED";
    show(isRefused, isNew && parameters.operationName !== "IntrospectionQuery");
    return answer;
  }

  const hint =
    'Send a token: under Headers, write {"Authorization": "Bearer <token>"}. ' +
    "Where the service has one key, `customers token` prints one for development.";
  const examples = JSON.parse(document.getElementById("examples").textContent);
  const properties = {
    fetcher,
    defaultTabs: examples,
    // GraphiQL 4 shows the first default tab without its variables, unless they are given once more.
    variables: storage.getItem("graphiql:tabState") ? undefined : examples[0].variables,
    defaultEditorToolsVisibility: "variables",
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
    showPersistHeadersSettings: false,
    storage,
  };
  const page = ReactDOM.createRoot(root);

  function show(isRefused, isSchemaStale) {
    // A fetcher that GraphiQL has not seen yet has it ask for the schema again.
    if (isSchemaStale) properties.fetcher = (...request) => fetcher(...request);
    const { Logo, Footer } = GraphiQL;
    page.render(
      React.createElement(
        GraphiQL,
        { ...properties },
        React.createElement(Logo, null, "Customer API"),
        isRefused && React.createElement(Footer, null, hint),
      ),
    );
  }

  show(false, false);
})();
