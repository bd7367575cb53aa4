-- Why a condition is as it is: what a run found in the way of an object is known only to it.

ALTER TABLE conditions ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE conditions ADD COLUMN message TEXT NOT NULL DEFAULT '';
