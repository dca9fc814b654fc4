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

  const examples = JSON.parse(document.getElementById("examples").textContent);
  const explorer = React.createElement(
    GraphiQL,
    {
      fetcher: GraphiQL.createFetcher({ url: location.pathname, enableIncrementalDelivery: false }),
      defaultTabs: examples,
      // GraphiQL 4 shows the first default tab without its variables, unless they are given once more.
      variables: storage.getItem("graphiql:tabState") ? undefined : examples[0].variables,
      defaultEditorToolsVisibility: "variables",
      isHeadersEditorEnabled: true,
      shouldPersistHeaders: false,
      showPersistHeadersSettings: false,
      storage,
    },
    React.createElement(GraphiQL.Logo, null, "Customer API"),
  );
  ReactDOM.createRoot(root).render(explorer);
})();
