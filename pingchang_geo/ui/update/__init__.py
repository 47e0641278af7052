"""The page 数据更新: upload, questions, findings, comparison, publish."""
