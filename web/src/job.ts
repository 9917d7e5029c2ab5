// The pages of jobs: one that goes on is followed, its log can be searched, and lists show how far theirs are.
import { followJob } from "./job/follow";
import { followList } from "./job/list";
import { LogView } from "./job/log";

const log = LogView.find(document);
followJob(document, log);
followList(document);
