import { testSteps } from "./step-table.fixture.ts";

testSteps("protection");
